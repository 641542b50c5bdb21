terraform {
  required_version = ">= 1.10" # the first version whose S3 backend has a lock file

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}
