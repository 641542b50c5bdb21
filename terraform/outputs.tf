output "websocket_url" {
  description = "WebSocket URL for clients."
  value       = module.longwire.websocket_url
  sensitive   = true
}

output "wscat" {
  description = "Command for a conversation in a terminal. The variable TOKEN of the shell holds the token of the client."
  value       = module.longwire.wscat
  sensitive   = true
}

output "auth_mode" {
  description = "How clients prove who they are: none, token or oidc."
  value       = module.longwire.auth_mode
}

output "auth_token_parameter" {
  description = "Name of the SSM parameter with the token of the mode token; null in the other modes. `aws ssm get-parameter --with-decryption --name <name> --query Parameter.Value --output text` prints the token."
  value       = module.longwire.auth_token_parameter
}

output "user_pool" {
  description = "User pool of auth.cognito: its id, the client's id, the issuer, and the prefix of the domain of the sign-in page; null without one."
  value       = module.longwire.user_pool
  sensitive   = true
}

output "ticket_function_arn" {
  description = "ARN by which a backend invokes ticket for a one-time ticket of one of its users; it needs lambda:InvokeFunction."
  value       = module.longwire.ticket_function_arn
  sensitive   = true
}

output "push_function_arn" {
  description = "ARN by which a service invokes push for an event; it needs lambda:InvokeFunction."
  value       = module.longwire.push_function_arn
  sensitive   = true
}

output "push_topic_arn" {
  description = "ARN of the topic to which a service publishes events for push; it needs sns:Publish."
  value       = module.longwire.push_topic_arn
  sensitive   = true
}

output "push_queue_url" {
  description = "URL of the queue to which a service sends events for push; it needs sqs:SendMessage."
  value       = module.longwire.push_queue_url
  sensitive   = true
}

output "push_dead_letter_url" {
  description = "URL of the queue of events that push did not deliver."
  value       = module.longwire.push_dead_letter_url
  sensitive   = true
}

output "event_bus" {
  description = "Name of the event bus to which a service puts events for push, with the detail type longwire.push; it needs events:PutEvents."
  value       = module.longwire.event_bus
}

output "callback_endpoint" {
  description = "Address for services that post to connections; they need execute-api:ManageConnections."
  value       = module.longwire.callback_endpoint
  sensitive   = true
}

output "dashboard_url" {
  description = "Address of the dashboard in the AWS console, or of the alarms where there is no dashboard."
  value       = module.longwire.dashboard_url
}

output "functions" {
  description = "Name, alias and deployed version of each function."
  value       = module.longwire.functions
}

output "roles" {
  description = "Path and name of the role of each function."
  value       = module.longwire.roles
}

output "queue_url" {
  description = "URL of the queue of jobs."
  value       = module.longwire.queue_url
  sensitive   = true
}

output "dead_letter_url" {
  description = "URL of the dead-letter queue."
  value       = module.longwire.dead_letter_url
  sensitive   = true
}

output "replay_queue_url" {
  description = "URL of the queue of replays."
  value       = module.longwire.replay_queue_url
  sensitive   = true
}

output "replay_dead_letter_url" {
  description = "URL of the dead-letter queue of replays."
  value       = module.longwire.replay_dead_letter_url
  sensitive   = true
}

output "tables" {
  description = "Name of each table in AWS."
  value       = module.longwire.tables
}

output "api_id" {
  description = "Id of the WebSocket API."
  value       = module.longwire.api_id
  sensitive   = true
}
