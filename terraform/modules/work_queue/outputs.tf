output "queue" {
  description = "The queue of jobs."
  value = {
    name = aws_sqs_queue.work.name
    url  = aws_sqs_queue.work.url
    arn  = aws_sqs_queue.work.arn
  }
}

output "dead_letters" {
  description = "The queue that takes what was received too often, and the jobs of runs that were given up."
  value = {
    name = aws_sqs_queue.dead.name
    url  = aws_sqs_queue.dead.url
    arn  = aws_sqs_queue.dead.arn
  }
}
