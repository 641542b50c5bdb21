# The environment variables, and their bytes. Lambda takes 4 KB for names and values together (Lambda developer guide,
# "Lambda quotas"), and refuses more in the middle of an apply. It measures them as JSON, as its error shows.

locals {
  environment = merge(var.environment, var.addresses)

  most_bytes = 4096

  # Longer than the URL of a queue with the longest names, and than what else AWS chooses.
  address_bytes = 128
  addresses     = { for name in keys(var.addresses) : name => join("", [for _ in range(local.address_bytes) : "x"]) }

  # urlencode writes a byte as one character, or as "%" and two digits.
  planned_bytes = length(replace(urlencode(jsonencode(merge(var.environment, local.addresses))), "/%../", "x"))
}
