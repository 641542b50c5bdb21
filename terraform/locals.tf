locals {
  name  = "${var.project}-${var.environment}"
  stage = "live"

  # DynamoDB tables with their keys and indexes (docs/operations.md, "What is stored").
  tables = {
    connections = {
      partition  = "connection"
      attributes = { connection = "S", thread = "S" }
      indexes = {
        by_thread = { partition = "thread" }
      }
    }
    threads = {
      partition  = "thread"
      sort       = "item"
      attributes = { thread = "S", item = "S", open = "S", wakeBy = "N" }
      indexes = {
        # A sparse index: it contains only runs that have not ended.
        open_runs = { partition = "open", sort = "wakeBy", projection = "KEYS_ONLY" }
      }
      # A change of a thread's item shows the generation before it and the one after it.
      stream = "NEW_AND_OLD_IMAGES"
    }
  }

  # The function behind each route of the API.
  routes = {
    "$connect"    = { function = "connect", responds = false }
    "$disconnect" = { function = "disconnect", responds = false }
    "$default"    = { function = "ingest", responds = true }
  }

  # Functions that are invoked on a schedule.
  schedules = {
    sweep = "rate(1 minute)"
  }
}
