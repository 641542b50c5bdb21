# Addresses of before the product was the module `longwire`, so that a deployment of then keeps its resources.

moved {
  from = module.tables
  to   = module.longwire.module.tables
}

moved {
  from = module.function
  to   = module.longwire.module.function
}

moved {
  from = module.websocket_api
  to   = module.longwire.module.websocket_api
}

moved {
  from = module.work_queue
  to   = module.longwire.module.work_queue
}

moved {
  from = module.replay_queue
  to   = module.longwire.module.replay_queue
}

moved {
  from = module.push_queue
  to   = module.longwire.module.push_queue
}

moved {
  from = module.push_sources
  to   = module.longwire.module.push_sources
}

moved {
  from = module.thread_changes
  to   = module.longwire.module.thread_changes
}

moved {
  from = module.ended_runs
  to   = module.longwire.module.ended_runs
}

moved {
  from = module.alarms
  to   = module.longwire.module.alarms
}

moved {
  from = module.user_pool
  to   = module.longwire.module.user_pool
}

moved {
  from = aws_ssm_parameter.auth_token
  to   = module.longwire.aws_ssm_parameter.auth_token
}

moved {
  from = aws_lambda_function_recursion_config.worker
  to   = module.longwire.aws_lambda_function_recursion_config.worker
}

moved {
  from = aws_lambda_function_recursion_config.replay
  to   = module.longwire.aws_lambda_function_recursion_config.replay
}

moved {
  from = aws_lambda_function_event_invoke_config.push
  to   = module.longwire.aws_lambda_function_event_invoke_config.push
}

moved {
  from = aws_cloudwatch_event_rule.this
  to   = module.longwire.aws_cloudwatch_event_rule.this
}

moved {
  from = aws_cloudwatch_event_target.this
  to   = module.longwire.aws_cloudwatch_event_target.this
}

moved {
  from = aws_lambda_function_event_invoke_config.this
  to   = module.longwire.aws_lambda_function_event_invoke_config.this
}

moved {
  from = aws_lambda_permission.schedule
  to   = module.longwire.aws_lambda_permission.schedule
}
