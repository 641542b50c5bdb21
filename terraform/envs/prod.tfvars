environment         = "prod"
deletion_protection = true
log_retention_days  = 90

# A new account runs ten functions at the same time, and prod leaves four of them for clients that connect and send requests:
# two runs, two replays and two batches of events at the same time, the defaults. Ask for more of Lambda's quota "Concurrent
# executions" in Service Quotas, look at what you have (aws lambda get-account-settings --query AccountLimit), and set:
# account_concurrency = 1000 # less what other deployments in the account need; a plan fails when the rest does not fit
# worker_concurrency  = 20

# Clients need the token of the deployment, all the same one. For users of their own, set an identity provider:
# auth = { issuer = "https://login.example.com", audience = "chat" }
