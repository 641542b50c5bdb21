provider "aws" {
  region = var.region

  default_tags {
    tags = merge(
      {
        project     = var.project
        environment = var.environment
      },
      var.tags,
    )
  }
}
