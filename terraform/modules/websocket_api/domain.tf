locals {
  domains = { for domain in var.domain[*] : domain.name => domain }
  zones   = { for name, domain in local.domains : name => domain.zone_id if domain.zone_id != null }
}

resource "aws_apigatewayv2_domain_name" "this" {
  for_each = local.domains

  domain_name = each.key

  domain_name_configuration {
    certificate_arn = each.value.certificate_arn
    endpoint_type   = "REGIONAL" # the only endpoint type of WebSocket APIs
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  for_each = local.domains

  api_id      = aws_apigatewayv2_api.this.id
  domain_name = aws_apigatewayv2_domain_name.this[each.key].id
  stage       = aws_apigatewayv2_stage.this.id
}

resource "aws_route53_record" "this" {
  for_each = local.zones

  zone_id = each.value
  name    = each.key
  type    = "A"

  alias {
    name                   = one(aws_apigatewayv2_domain_name.this[each.key].domain_name_configuration).target_domain_name
    zone_id                = one(aws_apigatewayv2_domain_name.this[each.key].domain_name_configuration).hosted_zone_id
    evaluate_target_health = false
  }
}
