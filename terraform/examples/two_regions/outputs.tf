output "websocket_urls" {
  description = "WebSocket URL of each region."
  value       = { eu = module.longwire_eu.websocket_url, us = module.longwire_us.websocket_url }
  sensitive   = true
}
