environment        = "dev"
log_retention_days = 14

# Clients need the token of the deployment. docs/deploy.md, "Who may connect", has the other modes of auth.
