locals {
  name  = "${var.project}-${var.environment}"
  stage = "live"

  # DynamoDB's tables, by keys and indexes (docs/operations.md, "Tables").
  tables = {
    connections = {
      partition  = "connection"
      attributes = { connection = "S", user = "S", connectedAt = "N", thread = "S" }
      indexes = {
        by_user   = { partition = "user", sort = "connectedAt" }
        by_thread = { partition = "thread" }
      }
    }
    threads = {
      partition  = "thread"
      sort       = "item"
      attributes = { thread = "S", item = "S", open = "S", wakeBy = "N" }
      indexes = {
        # Sparse: only runs that have not ended are in it.
        open_runs = { partition = "open", sort = "wakeBy", projection = "KEYS_ONLY" }
      }
    }
  }

  # What answers which route of the API.
  routes = {
    "$connect"    = { function = "connect", responds = false }
    "$disconnect" = { function = "disconnect", responds = false }
    "$default"    = { function = "ingest", responds = true }
  }

  # What is called by the clock.
  schedules = {
    sweep = "rate(1 minute)"
  }
}
