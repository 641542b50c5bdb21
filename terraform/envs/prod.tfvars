environment         = "prod"
deletion_protection = true
log_retention_days  = 90
worker_concurrency  = 20
