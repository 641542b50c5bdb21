# Concurrent executions, which one quota of Lambda bounds for the whole account and region.

locals {
  # At least, for what no queue invokes: one for $connect (authorizer, then connect) and one for requests, which take some
  # milliseconds each, and one each for erase and notify, the readers of a stream, which may take seconds.
  other_executions = 4

  # What the event sources of the queues may take of the quota. A function with a reservation takes of that.
  queue_executions = {
    for name, maximum in {
      worker = var.worker_concurrency
      replay = var.replay_concurrency
      push   = var.push_concurrency
    } : name => maximum if !contains(keys(var.reserved_concurrency), name)
  }

  reserved_executions = sum(concat([0], values(var.reserved_concurrency)))
  executions          = sum(concat([local.other_executions, local.reserved_executions], values(local.queue_executions)))

  # The addition in words, for the message of a plan that fails.
  reservations = join(" + ", [for name, reserved in var.reserved_concurrency : "${name} ${reserved} (reserved)"])
  addition = join(" + ", concat(
    compact([local.reservations]),
    [for name, maximum in local.queue_executions : "${name} ${maximum}"],
    ["${local.other_executions} for all other functions"],
  ))
}
