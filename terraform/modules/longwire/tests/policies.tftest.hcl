# Plans only, without AWS. Values that AWS would choose are set here, so that the policies are known.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_resource {
  target          = module.websocket_api.aws_apigatewayv2_api.this
  override_during = plan
  values = {
    id            = "a1b2c3"
    api_endpoint  = "wss://a1b2c3.execute-api.eu-central-1.amazonaws.com"
    execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3"
  }
}

override_resource {
  target          = module.tables.aws_dynamodb_table.this["connections"]
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections" }
}

override_resource {
  target          = module.tables.aws_dynamodb_table.this["threads"]
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads" }
}

override_resource {
  target          = module.tables.aws_dynamodb_table.this["users"]
  override_during = plan
  values          = { arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users" }
}

override_resource {
  target          = module.work_queue.aws_sqs_queue.work
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-runs"
  }
}

override_resource {
  target          = module.work_queue.aws_sqs_queue.dead
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-runs-dead"
  }
}

override_resource {
  target          = module.thread_changes.aws_sqs_queue.dead
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-erase-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-erase-dead"
  }
}

override_resource {
  target          = module.ended_runs.aws_sqs_queue.dead
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-notify-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-notify-dead"
  }
}

override_resource {
  target          = module.push_sources.aws_cloudwatch_event_bus.this
  override_during = plan
  values          = { arn = "arn:aws:events:eu-central-1:123456789012:event-bus/longwire-test" }
}

override_resource {
  target          = module.replay_queue.aws_sqs_queue.work
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-replays"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-replays"
  }
}

override_resource {
  target          = module.replay_queue.aws_sqs_queue.dead
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-replays-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-replays-dead"
  }
}

override_resource {
  target          = module.push_queue.aws_sqs_queue.work
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-pushes"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-pushes"
  }
}

override_resource {
  target          = module.push_queue.aws_sqs_queue.dead
  override_during = plan
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/longwire-test-push-dead"
  }
}

override_resource {
  target          = module.push_sources.aws_sns_topic.this
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-central-1:123456789012:longwire-test-pushes" }
}

override_resource {
  target          = module.push_sources.aws_cloudwatch_event_rule.this
  override_during = plan
  values          = { arn = "arn:aws:events:eu-central-1:123456789012:rule/longwire-test/longwire-test-push" }
}

variables {
  environment = "test"
  model_id    = "anthropic.claude-sonnet-5-5"
  packages    = "tests/packages"
  auth_token  = "a-token-that-only-these-tests-know"
}

run "policies_of_all_roles" {
  command = plan

  variables {
    knowledge_base_id = "KB12345678"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["authorizer"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-authorizer:*"]]
      AdmitUsers  = ["Allow", ["dynamodb:DeleteItem", "dynamodb:GetItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users"]]
      ReadToken   = ["Allow", ["ssm:GetParameter"], ["arn:aws:ssm:eu-central-1:123456789012:parameter/longwire/test/auth-token"]]
    })
    error_message = "authorizer: ${module.function["authorizer"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["ticket"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog  = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-ticket:*"]]
      IssueTickets = ["Allow", ["dynamodb:PutItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users"]]
    })
    error_message = "ticket: ${module.function["ticket"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["connect"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog   = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-connect:*"]]
      AddConnection = ["Allow", ["dynamodb:PutItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections"]]
    })
    error_message = "connect: ${module.function["connect"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["disconnect"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog      = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-disconnect:*"]]
      ForgetConnection = ["Allow", ["dynamodb:DeleteItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections"]]
    })
    error_message = "disconnect: ${module.function["disconnect"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["ingest"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog    = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-ingest:*"]]
      KnowConnection = ["Allow", ["dynamodb:GetItem", "dynamodb:UpdateItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections"]]
      RecordRuns = ["Allow", ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
      ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads"]]
      IssueTickets  = ["Allow", ["dynamodb:PutItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users"]]
      AdmitSpending = ["Allow", ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users"]]
      SendJobs      = ["Allow", ["sqs:GetQueueAttributes", "sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs"]]
      SendReplays   = ["Allow", ["sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-replays"]]
      ReadInbox     = ["Allow", ["dynamodb:BatchGetItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users"]]
      SendDrains    = ["Allow", ["sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-pushes"]]
      KeepRooms     = ["Allow", ["dynamodb:DeleteItem", "dynamodb:PutItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections"]]
    })
    error_message = "ingest: ${module.function["ingest"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["worker"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), sort(flatten([s.Resource]))] }) == jsonencode({
      WriteOwnLog = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-worker:*"]]
      SeeConnections = ["Allow", ["dynamodb:BatchGetItem", "dynamodb:Query"],
        ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections",
      "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections/index/by_thread"]]
      WriteRuns = ["Allow", ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
      ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads"]]
      TakeJobs = ["Allow", ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
      ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs"]]
      SendJobs          = ["Allow", ["sqs:GetQueueAttributes", "sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs"]]
      KeepDeadLetters   = ["Allow", ["sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs-dead"]]
      PostToConnections = ["Allow", ["execute-api:ManageConnections"], ["arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/live/POST/@connections/*"]]
      Spend             = ["Allow", ["dynamodb:PutItem", "dynamodb:UpdateItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users"]]
      CallModel = ["Allow", ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
      ["arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-5-5"]]
      NoBearerToken = ["Deny", ["bedrock:CallWithBearerToken"], ["*"]]
      Retrieve      = ["Allow", ["bedrock:Retrieve"], ["arn:aws:bedrock:eu-central-1:123456789012:knowledge-base/KB12345678"]]
    })
    error_message = "worker: ${module.function["worker"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["replay"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), sort(flatten([s.Resource]))] }) == jsonencode({
      WriteOwnLog      = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-replay:*"]]
      ServeConnections = ["Allow", ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections"]]
      ReadRuns         = ["Allow", ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads"]]
      TakeReplays = ["Allow", ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
      ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-replays"]]
      SendReplays = ["Allow", ["sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-replays"]]
      EndConnections = ["Allow", ["execute-api:ManageConnections"], [
        "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/live/DELETE/@connections/*",
        "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/live/POST/@connections/*",
      ]]
    })
    error_message = "replay: ${module.function["replay"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["push"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), sort(flatten([s.Resource]))] }) == jsonencode({
      WriteOwnLog = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-push:*"]]
      FindConnections = ["Allow", ["dynamodb:Query"], [
        "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections/index/by_room",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections/index/by_thread",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections/index/by_user",
      ]]
      DeliverEvents = ["Allow", ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
      ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-connections"]]
      KeepEvents = ["Allow", ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
      ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-users"]]
      StartRuns = ["Allow", ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
      ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads"]]
      SendJobs = ["Allow", ["sqs:GetQueueAttributes", "sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs"]]
      TakePushes = ["Allow", ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
      ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-pushes"]]
      KeepFailedPushes  = ["Allow", ["sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead"]]
      SendBroadcasts    = ["Allow", ["sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-pushes"]]
      PostToConnections = ["Allow", ["execute-api:ManageConnections"], ["arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/live/POST/@connections/*"]]
    })
    error_message = "push: ${module.function["push"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["sweep"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog  = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-sweep:*"]]
      FindOpenRuns = ["Allow", ["dynamodb:Query"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads/index/open_runs"]]
      MoveRuns     = ["Allow", ["dynamodb:GetItem", "dynamodb:UpdateItem"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads"]]
      SendJobs     = ["Allow", ["sqs:GetQueueAttributes", "sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-runs"]]
    })
    error_message = "sweep: ${module.function["sweep"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["erase"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-erase:*"]]
      EraseGenerations = ["Allow", ["dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
      ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads"]]
      ReadChanges = ["Allow", ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
      ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads/stream/*"]]
      KeepFailedChanges = ["Allow", ["sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-erase-dead"]]
    })
    error_message = "erase: ${module.function["erase"].policy}"
  }

  assert {
    condition = jsonencode({ for s in jsondecode(module.function["notify"].policy).Statement : s.Sid => [s.Effect, sort(flatten([s.Action])), flatten([s.Resource])] }) == jsonencode({
      WriteOwnLog  = ["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"], ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/longwire-test-notify:*"]]
      ReadAnswers  = ["Allow", ["dynamodb:GetItem", "dynamodb:Query"], ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads"]]
      PutRunEvents = ["Allow", ["events:PutEvents"], ["arn:aws:events:eu-central-1:123456789012:event-bus/longwire-test"]]
      ReadChanges = ["Allow", ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
      ["arn:aws:dynamodb:eu-central-1:123456789012:table/longwire-test-threads/stream/*"]]
      KeepFailedEnds = ["Allow", ["sqs:SendMessage"], ["arn:aws:sqs:eu-central-1:123456789012:longwire-test-notify-dead"]]
    })
    error_message = "notify: ${module.function["notify"].policy}"
  }
}

run "policies_of_the_queues_of_push" {
  command = plan

  assert {
    condition = jsonencode({
      for queue, policy in module.push_sources.policies : queue => {
        for s in jsondecode(policy).Statement : s.Sid => [s.Effect, s.Principal.Service, s.Action, s.Resource, s.Condition]
      }
      }) == jsonencode({
      for queue, arn in {
        dead_letters = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-push-dead"
        queue        = "arn:aws:sqs:eu-central-1:123456789012:longwire-test-pushes"
        } : queue => {
        TopicSends = ["Allow", "sns.amazonaws.com", "sqs:SendMessage", arn,
        { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-central-1:123456789012:longwire-test-pushes" } }]
        RuleSends = ["Allow", "events.amazonaws.com", "sqs:SendMessage", arn,
        { ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-central-1:123456789012:rule/longwire-test/longwire-test-push" } }]
      }
    })
    error_message = jsonencode(module.push_sources.policies)
  }
}

run "the_rule_for_prompts_does_not_send_to_the_queue" {
  command = plan

  variables {
    prompt_sources = ["com.acme.orders"]
  }

  override_resource {
    target          = module.push_sources.aws_cloudwatch_event_rule.prompt
    override_during = plan
    values          = { arn = "arn:aws:events:eu-central-1:123456789012:rule/longwire-test/longwire-test-prompt" }
  }

  assert {
    condition = jsonencode({
      for queue, policy in module.push_sources.policies : queue => [for s in jsondecode(policy).Statement : [s.Sid, s.Condition.ArnEquals["aws:SourceArn"]] if s.Sid == "PromptRuleSends"]
      }) == jsonencode({
      dead_letters = [["PromptRuleSends", "arn:aws:events:eu-central-1:123456789012:rule/longwire-test/longwire-test-prompt"]]
      queue        = []
    })
    error_message = jsonencode(module.push_sources.policies)
  }
}

# The policy in docs/permissions.md, with the names of the environment dev.
run "the_example_policy_for_other_services_names_the_ways_to_push" {
  command = plan

  variables {
    environment = "dev"
  }

  assert {
    condition = jsonencode({
      for s in jsondecode(regex("(?s)\n```json\n(.*?)\n```\n", file("../../../docs/permissions.md"))[0]).Statement :
      s.Sid => [s.Effect, s.Action, s.Resource]
      }) == jsonencode({
      InvokePush    = ["Allow", "lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:123456789012:function:${module.function["push"].function_name}:${module.function["push"].alias}"]
      PublishEvents = ["Allow", "sns:Publish", "arn:aws:sns:eu-central-1:123456789012:${module.push_sources.topic.name}"]
      PutEvents     = ["Allow", "events:PutEvents", "arn:aws:events:eu-central-1:123456789012:event-bus/${module.push_sources.bus.name}"]
      SendEvents    = ["Allow", "sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:${module.push_queue.queue.name}"]
    })
    error_message = "The example must name the function, the topic, the queue and the event bus."
  }
}

run "without_a_knowledge_base_retrieve_is_not_allowed" {
  command = plan

  assert {
    condition     = !strcontains(module.function["worker"].policy, "bedrock:Retrieve")
    error_message = module.function["worker"].policy
  }
}

run "no_wildcards" {
  command = plan

  variables {
    tracing     = true
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for s in jsondecode(function.policy).Statement : [for action in flatten([s.Action]) : !strcontains(action, "*")]
      ]
    ]))
    error_message = "No action may contain a wildcard."
  }

  # NoBearerToken is a denial, and X-Ray has no resource types.
  assert {
    condition = toset(flatten([
      for function in module.function : [
        for s in jsondecode(function.policy).Statement : s.Sid if contains(flatten([s.Resource]), "*")
      ]
    ])) == toset(["Trace", "NoBearerToken"])
    error_message = "Only Trace and NoBearerToken may have the resource `*`."
  }

  assert {
    condition = alltrue([
      for function in module.function :
      anytrue([for s in jsondecode(function.policy).Statement : s.Sid == "UseKey" && s.Resource == "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"])
    ])
    error_message = "With a customer managed key, every function must be allowed to use it."
  }
}

run "a_worker_in_a_vpc" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = jsonencode([
      for s in jsondecode(module.function["worker"].policy).Statement : [s.Sid, s.Effect, s.Action, s.Resource, try(s.Condition, null)] if strcontains(s.Sid, "NetworkInterfaces")
      ]) == jsonencode([
      for s in [
        ["NetworkInterfaces", "Allow", null],
        ["NoNetworkInterfacesOfItsOwn", "Deny", { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-central-1:123456789012:function:longwire-test-worker" } }],
        ] : [
        s[0], s[1],
        ["ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface", "ec2:CreateNetworkInterface", "ec2:AssignPrivateIpAddresses"],
        "*", s[2],
      ]
    ])
    error_message = "Lambda, and not the code of the worker, must be able to create network interfaces."
  }

  assert {
    condition     = alltrue([for key, function in module.function : key == "worker" || !strcontains(function.policy, "ec2:")])
    error_message = "No other function needs network interfaces."
  }
}

# With a custom domain, too, the resource names the API and its stage: the domain has no ARN of its own.
run "posts_to_another_stage" {
  command = plan

  variables {
    stage = "v2"
    domain = {
      name            = "agent.example.com"
      certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    }
  }

  assert {
    condition = alltrue(flatten([
      for name in ["worker", "replay", "push"] : [
        for s in jsondecode(module.function[name].policy).Statement :
        alltrue([for arn in flatten([s.Resource]) : startswith(arn, "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/v2/")])
        if contains(flatten([s.Action]), "execute-api:ManageConnections")
      ]
    ]))
    error_message = "worker: ${module.function["worker"].policy}"
  }
}
