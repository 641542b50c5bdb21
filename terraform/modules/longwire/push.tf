# Events of other services for push: its queue, and a topic and an event bus that lead to the queue.

module "push_queue" {
  source = "../work_queue"

  name             = "${local.name}-pushes"
  dead_letter_name = "${local.name}-push-dead"
  function_arn     = module.function["push"].alias_arn
  # Six times the timeout of the function ("Configuring a queue to use with Lambda").
  visibility_timeout = 6 * local.functions.push.timeout
  batch_size         = 10
  max_receives       = 4
  concurrency        = var.push_concurrency
  kms_key_arn        = var.kms_key_arn
}

module "push_sources" {
  source = "../push_sources"

  topic_name   = "${local.name}-pushes"
  bus_name     = local.name
  rule_name    = "${local.name}-push"
  queue        = module.push_queue.queue
  dead_letters = module.push_queue.dead_letters
  kms_key_arn  = var.kms_key_arn

  prompts = {
    sources       = var.prompt_sources
    rule_name     = "${local.name}-prompt"
    function_name = module.function["push"].function_name
    alias         = module.function["push"].alias
    function_arn  = module.function["push"].alias_arn
  }
}

# A service may also invoke push asynchronously. Lambda repeats such an invocation twice, and would then drop the event.
resource "aws_lambda_function_event_invoke_config" "push" {
  function_name          = module.function["push"].function_name
  qualifier              = module.function["push"].alias
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = module.push_queue.dead_letters.arn
    }
  }
}
