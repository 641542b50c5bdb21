output "websocket_url" {
  description = "WebSocket URL for clients."
  value       = module.websocket_api.url
}

output "wscat" {
  description = "Command for a conversation in a terminal."
  value       = "npx wscat -c ${module.websocket_api.url} -s longwire.v1"
}

output "callback_endpoint" {
  description = "Address for services that post to connections; they need execute-api:ManageConnections."
  value       = module.websocket_api.callback_endpoint
}

output "dashboard_url" {
  description = "Address of the dashboard in the AWS console."
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

output "queue_url" {
  description = "URL of the queue of jobs."
  value       = module.work_queue.queue.url
}

output "dead_letter_url" {
  description = "URL of the dead-letter queue."
  value       = module.work_queue.dead_letters.url
}

output "replay_queue_url" {
  description = "URL of the queue of replays."
  value       = module.replay_queue.queue.url
}

output "replay_dead_letter_url" {
  description = "URL of the dead-letter queue of replays."
  value       = module.replay_queue.dead_letters.url
}

output "tables" {
  description = "Name of each table in AWS."
  value       = module.tables.names
}

output "api_id" {
  description = "Id of the WebSocket API."
  value       = module.websocket_api.id
}
