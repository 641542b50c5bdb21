# IAM statements of the functions; functions.tf assigns them. docs/permissions.md gives the reason for each.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

module "model_access" {
  source = "../model_access"

  model_id     = var.model_id
  model_family = var.model_family
  region       = local.region
  account_id   = data.aws_caller_identity.current.account_id
  partition    = data.aws_partition.current.partition
}

locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
  region     = data.aws_region.current.region

  connections = module.tables.arns["connections"]
  threads     = module.tables.arns["threads"]
  users       = module.tables.arns["users"]

  knowledge_bases = [
    for id in var.knowledge_base_id[*] :
    "arn:${local.partition}:bedrock:${local.region}:${local.account_id}:knowledge-base/${id}"
  ]

  may = {
    # A ticket is valid once: the deletion has a condition, and returns what it deleted. The read tells whose access was ended.
    admit_users = {
      sid       = "AdmitUsers"
      actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem"]
      resources = [local.users]
    }

    # Reserves and settles what model calls cost, and writes what a run has used.
    spend = {
      sid       = "Spend"
      actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [local.users]
    }

    # Reads what a user has spent and used, and keeps the threads with unfinished runs.
    admit_spending = {
      sid       = "AdmitSpending"
      actions   = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [local.users]
    }

    issue_tickets = {
      sid       = "IssueTickets"
      actions   = ["dynamodb:PutItem"]
      resources = [local.users]
    }

    # Without a statement for the key: the policy of the AWS managed key aws/ssm lets every principal of the account
    # decrypt through SSM what it may read there ("AWS KMS encryption for AWS Systems Manager Parameter Store
    # SecureString parameters"). The ARN is made of the name, so that the policy is known in a plan.
    read_token = [
      for parameter in aws_ssm_parameter.auth_token :
      {
        sid       = "ReadToken"
        actions   = ["ssm:GetParameter"]
        resources = ["arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter${parameter.name}"]
      }
    ]

    # Without its version, which is no part of the ARN.
    read_prompt = [
      for parameter in aws_ssm_parameter.system_prompt :
      {
        sid       = "ReadPrompt"
        actions   = ["ssm:GetParameter"]
        resources = ["arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter${parameter.name}"]
      }
    ]

    add_connection = {
      sid       = "AddConnection"
      actions   = ["dynamodb:PutItem"]
      resources = [local.connections]
    }

    forget_connection = {
      sid       = "ForgetConnection"
      actions   = ["dynamodb:DeleteItem"]
      resources = [local.connections]
    }

    know_connection = {
      sid       = "KnowConnection"
      actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
      resources = [local.connections]
    }

    see_connections = {
      sid       = "SeeConnections"
      actions   = ["dynamodb:BatchGetItem", "dynamodb:Query"]
      resources = [local.connections, "${local.connections}/index/by_thread"]
    }

    # A transaction needs the permissions of the operations in it.
    record_runs = {
      sid       = "RecordRuns"
      actions   = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [local.threads]
    }

    # The same without the messages of threads.
    start_runs = {
      sid       = "StartRuns"
      actions   = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [local.threads]
    }

    write_runs = {
      sid       = "WriteRuns"
      actions   = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [local.threads]
    }

    find_open_runs = {
      sid       = "FindOpenRuns"
      actions   = ["dynamodb:Query"]
      resources = ["${local.threads}/index/open_runs"]
    }

    move_runs = {
      sid       = "MoveRuns"
      actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
      resources = [local.threads]
    }

    erase_generations = {
      sid       = "EraseGenerations"
      actions   = ["dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [local.threads]
    }

    # The event source mapping uses the role of the function. A stream gets a new name when it is enabled again.
    read_changes = {
      sid       = "ReadChanges"
      actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
      resources = ["${local.threads}/stream/*"]
    }

    keep_failed_changes = {
      sid       = "KeepFailedChanges"
      actions   = ["sqs:SendMessage"]
      resources = [module.thread_changes.failures.arn]
    }

    # Reads the last messages of an ended run and the thread's own item, for the clients that ask for the answer.
    read_answers = {
      sid       = "ReadAnswers"
      actions   = ["dynamodb:GetItem", "dynamodb:Query"]
      resources = [local.threads]
    }

    put_run_events = {
      sid       = "PutRunEvents"
      actions   = ["events:PutEvents"]
      resources = [module.push_sources.bus.arn]
    }

    keep_failed_ends = {
      sid       = "KeepFailedEnds"
      actions   = ["sqs:SendMessage"]
      resources = [module.ended_runs.failures.arn]
    }

    send_jobs = {
      sid       = "SendJobs"
      actions   = ["sqs:GetQueueAttributes", "sqs:SendMessage"]
      resources = [module.work_queue.queue.arn]
    }

    # The event source mapping uses the role of the worker. The worker itself changes the visibility timeout.
    take_jobs = {
      sid       = "TakeJobs"
      actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = [module.work_queue.queue.arn]
    }

    keep_dead_letters = {
      sid       = "KeepDeadLetters"
      actions   = ["sqs:SendMessage"]
      resources = [module.work_queue.dead_letters.arn]
    }

    serve_connections = {
      sid       = "ServeConnections"
      actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
      resources = [local.connections]
    }

    read_runs = {
      sid       = "ReadRuns"
      actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
      resources = [local.threads]
    }

    send_replays = {
      sid       = "SendReplays"
      actions   = ["sqs:SendMessage"]
      resources = [module.replay_queue.queue.arn]
    }

    # The event source mapping uses the role of the function. The function itself changes the visibility timeout.
    take_replays = {
      sid       = "TakeReplays"
      actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = [module.replay_queue.queue.arn]
    }

    end_connections = {
      sid       = "EndConnections"
      actions   = ["execute-api:ManageConnections"]
      resources = [module.websocket_api.connections_arn, module.websocket_api.closing_arn]
    }

    # The rows of the connections of a user or a thread, and the members of a room.
    find_connections = {
      sid       = "FindConnections"
      actions   = ["dynamodb:Query"]
      resources = [for index in ["by_room", "by_thread", "by_user"] : "${local.connections}/index/${index}"]
    }

    # Reads connections, notes which of them have an event and how far an inbox was sent, and deletes the rows of those that
    # are gone, and their memberships of rooms.
    deliver_events = {
      sid       = "DeliverEvents"
      actions   = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
      resources = [local.connections]
    }

    # Numbers and keeps the events of an inbox, with a transaction, which needs the permissions of the operations in it. Reads
    # what a user has spent before an event starts a run.
    keep_events = {
      sid       = "KeepEvents"
      actions   = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [local.users]
    }

    # Reads the state of an inbox. The pages, and what a device has seen, are part of AdmitSpending.
    read_inbox = {
      sid       = "ReadInbox"
      actions   = ["dynamodb:BatchGetItem"]
      resources = [local.users]
    }

    # The items of rooms that a connection joins and leaves. The row of the connection is part of KnowConnection.
    keep_rooms = {
      sid       = "KeepRooms"
      actions   = ["dynamodb:DeleteItem", "dynamodb:PutItem"]
      resources = [local.connections]
    }

    # The parts of an event for a room with many members. A part sends nothing more.
    send_broadcasts = {
      sid       = "SendBroadcasts"
      actions   = ["sqs:SendMessage"]
      resources = [module.push_queue.queue.arn]
    }

    # Asks for the events that a device has not seen.
    send_drains = {
      sid       = "SendDrains"
      actions   = ["sqs:SendMessage"]
      resources = [module.push_queue.queue.arn]
    }

    # The event source mapping uses the role of the function.
    take_pushes = {
      sid       = "TakePushes"
      actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      resources = [module.push_queue.queue.arn]
    }

    # Lambda sends the asynchronous invocations that failed for good with the role of the function.
    keep_failed_pushes = {
      sid       = "KeepFailedPushes"
      actions   = ["sqs:SendMessage"]
      resources = [module.push_queue.dead_letters.arn]
    }

    post_to_connections = {
      sid       = "PostToConnections"
      actions   = ["execute-api:ManageConnections"]
      resources = [module.websocket_api.connections_arn]
    }

    retrieve = [
      for arn in local.knowledge_bases :
      {
        sid       = "Retrieve"
        actions   = ["bedrock:Retrieve"]
        resources = [arn]
      }
    ]

    use_key = [
      for arn in var.kms_key_arn[*] :
      {
        sid       = "UseKey"
        actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
        resources = [arn]
      }
    ]
  }
}
