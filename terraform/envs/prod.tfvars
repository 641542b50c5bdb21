environment         = "prod"
deletion_protection = true
log_retention_days  = 90
worker_concurrency  = 20

# Clients need the token of the deployment, all the same one. For users of their own, set an identity provider:
# auth = { issuer = "https://login.example.com", audience = "chat" }
