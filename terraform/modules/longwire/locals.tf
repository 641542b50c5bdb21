locals {
  name = "${var.project}-${var.environment}"

  # End of the names that an account has once, in all of its regions: of roles, the dashboard and the budget.
  suffix = var.region_in_names ? "-${local.region}" : ""

  # Tags by which the roles of GitHub Actions know what belongs to an environment. AWS chooses the names of these resources, so
  # their tags do not depend on the caller's provider.
  tags = {
    project     = var.project
    environment = var.environment
  }

  # DynamoDB tables with their keys and indexes (docs/operations.md, "What is stored").
  tables = {
    connections = {
      partition  = "connection"
      attributes = { connection = "S", thread = "S", user = "S", connectedAt = "N", room = "S", member = "S" }
      indexes = {
        by_thread = { partition = "thread" }
        # The connections of a user: push posts to them, and an operator ends them. Counters of requests and notes of
        # deliveries have no user and are not in it.
        by_user = { partition = "user", sort = "connectedAt" }
        # The members of a room. Only items of rooms have the attribute `room`; the rows of their connections say who is in it.
        by_room = { partition = "room", sort = "member", projection = "KEYS_ONLY" }
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
      # A change of a thread's item shows the generation before it and the one after it, and a change of a run's row the
      # status.
      stream = "NEW_AND_OLD_IMAGES"
    }
    users = {
      partition  = "user"
      sort       = "item"
      attributes = { user = "S", item = "S" }
    }
  }

  # The function behind each route of the API.
  routes = {
    "$connect"    = { function = "connect", responds = false }
    "$disconnect" = { function = "disconnect", responds = false }
    "$default"    = { function = "ingest", responds = true }
  }

  # Final statuses of a run.
  ended = ["finished", "failed", "cancelled"]

  # Functions that are invoked on a schedule.
  schedules = {
    sweep = "rate(1 minute)"
  }
}
