"""Stand-in for the AWS CLI with the library of the real one: `aws dynamodb query` with `--query` and text output.

TABLES has the tables of a stack, whose names do not contain an environment, by the names that they have in AWS.
"""

import json
import os
import sys
from operator import itemgetter

import botocore.session

service, verb = sys.argv[1:3]
options = dict(zip(sys.argv[3::2], sys.argv[4::2], strict=True))
table, condition, names, values, query, output = itemgetter(
    "--table-name",
    "--key-condition-expression",
    "--expression-attribute-names",
    "--expression-attribute-values",
    "--query",
    "--output",
)(options)
assert (len(options), output) == (6, "text"), options

client = botocore.session.get_session().create_client(service)
pages = client.get_paginator(verb).paginate(
    TableName=json.loads(os.environ["TABLES"])[table],
    KeyConditionExpression=condition,
    ExpressionAttributeNames=json.loads(names),
    ExpressionAttributeValues=json.loads(values),
)
for row in pages.search(query):
    print(*row, sep="\t")
