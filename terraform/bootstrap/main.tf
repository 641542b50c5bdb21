# Resources that an account needs once, before its first deployment: a bucket for the states and the roles of GitHub.

data "aws_partition" "this" {}

module "github_oidc" {
  source = "../modules/github_oidc"

  project       = var.project
  environments  = var.environments
  subject       = var.subject
  repository_id = var.repository_id
  branch        = var.branch
  stage         = var.stage
  provider_arn  = var.github_provider_arn
  account = {
    id        = var.account_id
    partition = data.aws_partition.this.partition
    region    = var.region
  }
  state_bucket_arn = local.bucket_arn
  domain_names     = var.domain_names
  hosted_zone_ids  = var.hosted_zone_ids
  kms_key_arns     = var.kms_key_arns
  vpc              = var.vpc
  role_path        = var.role_path
  region_in_names  = var.region_in_names
}
