# Forms of a model's id, and what is wrong with one.

locals {
  # Prefixes of system-defined inference profiles: those of the model cards in the Bedrock user guide.
  geographies = ["apac", "au", "ca", "eu", "global", "jp", "us", "us-gov"]

  # Providers of models ("Supported foundation models in Amazon Bedrock"), with which their ids begin.
  providers = [
    "ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax", "mistral", "moonshot", "moonshotai",
    "nvidia", "openai", "qwen", "stability", "twelvelabs", "writer", "xai", "zai",
  ]

  profiles = ["application-inference-profile", "inference-profile"]

  # Models of an account, whose ids do not name their family.
  own_models = ["custom-model-deployment", "imported-model", "provisioned-model"]

  # Kinds of ARNs that are known and no model.
  others = {
    custom-model          = "A custom model cannot be called by itself. Deploy it for on-demand inference (custom-model-deployment/…), or buy Provisioned Throughput for it (provisioned-model/…), and name that ARN."
    prompt                = "A prompt of Prompt management has its own text and model, and Longwire sends its own messages. Name the model, and put the text into system_prompt."
    prompt-router         = "A prompt router chooses between models, and Longwire makes the requests of one. Name one of its models."
    default-prompt-router = "A prompt router chooses between models, and Longwire makes the requests of one. Name one of its models."
  }

  account = local.kind == "foundation-model" ? "" : var.account_id

  # What is wrong; null for an id that can be called.
  problem = (
    local.kind == "unknown" ?
    "model_id ${var.model_id} begins with \"${local.prefix}\", which is neither a geography of inference profiles (${join(", ", local.geographies)}) nor a provider of models (${join(", ", local.providers)}). For one that is newer than this release, use the ARN: ${local.own_account}:inference-profile/${local.id} or ${local.own_region}:foundation-model/${local.id}." :
    contains(keys(local.others), local.kind) ?
    "model_id ${var.model_id}: ${local.others[local.kind]}" :
    !contains(concat(["foundation-model"], local.profiles, local.own_models), local.kind) ?
    "model_id ${var.model_id} is no model: its ARN must be one of foundation-model, ${join(", ", concat(local.profiles, local.own_models))}." :
    local.arn != null && try([local.arn.partition, local.arn.region, local.arn.account] != [var.partition, var.region, local.account], false) ?
    "model_id ${var.model_id} belongs to another account or Region: a deployment calls models of its own, and this one must begin with arn:${var.partition}:bedrock:${var.region}:${local.account}:${local.kind}/." :
    contains(local.own_models, local.kind) && var.model_family == null ?
    "model_id ${var.model_id} does not name the family of the model: set model_family to the id of the model that it is made of, or to its beginning, such as meta.llama3-3." :
    null
  )
}
