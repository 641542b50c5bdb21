# An apply role creates the functions' roles of its environment. Without the permissions boundary it could give itself any
# permission through such a role. Every role it creates has the boundary and keeps it.

data "aws_iam_policy_document" "roles" {
  for_each = local.environments

  statement {
    sid = "BoundedRoles"
    actions = [
      "iam:CreateRole",
      "iam:DeleteRolePolicy",
      "iam:PutRolePermissionsBoundary",
      "iam:PutRolePolicy",
    ]
    resources = each.value.roles

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arn]
    }
  }

  # These actions have no condition key for the boundary, and none of them grants a permission to the role.
  statement {
    sid = "Roles"
    actions = [
      "iam:DeleteRole",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = each.value.roles
  }

  statement {
    sid       = "RolesForFunctions"
    actions   = ["iam:PassRole"]
    resources = each.value.roles

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["lambda.amazonaws.com"]
    }
  }

  # No statement above allows these actions. The denials ensure that no later statement allows them unnoticed.
  statement {
    sid       = "BoundaryStays"
    effect    = "Deny"
    actions   = ["iam:DeleteRolePermissionsBoundary"]
    resources = ["*"]
  }

  statement {
    sid    = "OwnRightsStay"
    effect = "Deny"
    actions = [
      "iam:Add*",
      "iam:Attach*",
      "iam:Create*",
      "iam:Delete*",
      "iam:Detach*",
      "iam:PassRole",
      "iam:Put*",
      "iam:Remove*",
      "iam:Set*",
      "iam:Tag*",
      "iam:Untag*",
      "iam:Update*",
    ]
    resources = [
      "${local.iam}:role${var.role_path}${var.project}-ci-*",
      "${local.iam}:policy${var.role_path}${var.project}-ci-*",
      local.boundary_arn,
      local.provider_arn,
    ]
  }
}
