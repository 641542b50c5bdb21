output "websocket_url" {
  description = "Where clients connect."
  value       = module.websocket_api.url
}

output "wscat" {
  description = "A conversation in a terminal."
  value       = "npx wscat -c ${module.websocket_api.url} -s longwire.v1"
}

output "callback_endpoint" {
  description = "Where services that may manage connections post to them."
  value       = module.websocket_api.callback_endpoint
}

output "dashboard_url" {
  description = "The dashboard in the AWS console."
  value       = module.alarms.dashboard_url
}

output "functions" {
  description = "Each function's name, the alias it is called by, and the version that is deployed."
  value = {
    for key, function in module.function : key => {
      function_name = function.function_name
      alias         = function.alias
      version       = function.version
    }
  }
}

output "queue_url" {
  description = "The queue of jobs."
  value       = module.work_queue.queue.url
}

output "dead_letter_url" {
  description = "The queue of dead letters."
  value       = module.work_queue.dead_letters.url
}

output "tables" {
  description = "Each table's name in AWS."
  value       = module.tables.names
}

output "api_id" {
  description = "The WebSocket API."
  value       = module.websocket_api.id
}
