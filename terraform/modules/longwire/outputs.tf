# Outputs with which a stranger could reach the deployment, or that contain the id of the account, are sensitive: logs do not show
# them. `terraform output <name>` and `terraform output -json` print them.

output "websocket_url" {
  description = "WebSocket URL for clients."
  value       = module.websocket_api.url
  sensitive   = true
}

output "wscat" {
  description = "Command for a conversation in a terminal. The variable TOKEN of the shell holds the token of the client."
  value = join(" ", concat(
    ["npx wscat -c ${module.websocket_api.url} -s longwire.v1"],
    local.auth_mode == "none" ? [] : ["-H \"Authorization: Bearer $TOKEN\""],
  ))
  sensitive = true
}

output "auth_mode" {
  description = "How clients prove who they are: none, token or oidc."
  value       = local.auth_mode
}

output "auth_token_parameter" {
  description = "Name of the SSM parameter with the token of the mode token; null in the other modes. `aws ssm get-parameter --with-decryption --name <name> --query Parameter.Value --output text` prints the token."
  value       = one(aws_ssm_parameter.auth_token[*].name)
}

output "user_pool" {
  description = "User pool of auth.cognito: its id, the client's id, the issuer, and the prefix of the domain of the sign-in page; null without one."
  value = one([
    for pool in module.user_pool : {
      id        = pool.id
      client_id = pool.identity_provider.audience
      issuer    = pool.identity_provider.issuer
      domain    = pool.domain
    }
  ])
  sensitive = true
}

output "ticket_function_arn" {
  description = "ARN by which a backend invokes ticket for a one-time ticket of one of its users; it needs lambda:InvokeFunction."
  value       = module.function["ticket"].alias_arn
  sensitive   = true
}

output "push_function_arn" {
  description = "ARN by which a service invokes push for an event; it needs lambda:InvokeFunction."
  value       = module.function["push"].alias_arn
  sensitive   = true
}

output "push_topic_arn" {
  description = "ARN of the topic to which a service publishes events for push; it needs sns:Publish."
  value       = module.push_sources.topic.arn
  sensitive   = true
}

output "push_queue_url" {
  description = "URL of the queue to which a service sends events for push; it needs sqs:SendMessage."
  value       = module.push_queue.queue.url
  sensitive   = true
}

output "push_dead_letter_url" {
  description = "URL of the queue of events that push did not deliver."
  value       = module.push_queue.dead_letters.url
  sensitive   = true
}

output "event_bus" {
  description = "Name of the event bus to which a service puts events for push, with the detail type longwire.push; it needs events:PutEvents."
  value       = module.push_sources.bus.name
}

output "callback_endpoint" {
  description = "Address for services that post to connections; they need execute-api:ManageConnections."
  value       = module.websocket_api.callback_endpoint
  sensitive   = true
}

output "dashboard_url" {
  description = "Address of the dashboard in the AWS console, or of the alarms where there is no dashboard."
  value       = module.alarms.dashboard_url
}

output "functions" {
  description = "Name, alias and deployed version of each function."
  value = {
    for key, function in module.function : key => {
      function_name = function.function_name
      alias         = function.alias
      version       = function.version
    }
  }
}

output "roles" {
  description = "Path and name of the role of each function."
  value       = { for key, function in module.function : key => "${function.role.path}${function.role.name}" }
}

output "queue_url" {
  description = "URL of the queue of jobs."
  value       = module.work_queue.queue.url
  sensitive   = true
}

output "dead_letter_url" {
  description = "URL of the dead-letter queue."
  value       = module.work_queue.dead_letters.url
  sensitive   = true
}

output "replay_queue_url" {
  description = "URL of the queue of replays."
  value       = module.replay_queue.queue.url
  sensitive   = true
}

output "replay_dead_letter_url" {
  description = "URL of the dead-letter queue of replays."
  value       = module.replay_queue.dead_letters.url
  sensitive   = true
}

output "tables" {
  description = "Name of each table in AWS."
  value       = module.tables.names
}

output "api_id" {
  description = "Id of the WebSocket API."
  value       = module.websocket_api.id
  sensitive   = true
}
