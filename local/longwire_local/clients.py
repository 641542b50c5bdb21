"""botocore's clients of the services that MiniStack plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import Session

from .facts import REGION

if TYPE_CHECKING:
    from types_boto3_apigatewayv2 import ApiGatewayV2Client
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_sqs import SQSClient
    from types_boto3_ssm import SSMClient


@dataclass(frozen=True)
class Clients:
    """One client for each service that the stack is deployed with."""

    dynamodb: DynamoDBClient
    sqs: SQSClient
    functions: LambdaClient
    gateway: ApiGatewayV2Client
    events: EventBridgeClient
    ssm: SSMClient
    sns: Any  # the one client without a package of types here

    @classmethod
    def of(cls, ministack: str) -> Clients:
        """Creates the clients of the MiniStack with this URL."""
        session = Session()

        # botocore makes its clients' methods at run time, so it has no type to return here.
        def client(service: str) -> Any:
            return session.create_client(
                service,
                region_name=REGION,
                endpoint_url=ministack,
                aws_access_key_id="local",
                aws_secret_access_key="local",
                config=Config(retries={"max_attempts": 1}),
            )

        return cls(
            dynamodb=client("dynamodb"),
            sqs=client("sqs"),
            functions=client("lambda"),
            gateway=client("apigatewayv2"),
            events=client("events"),
            ssm=client("ssm"),
            sns=client("sns"),
        )
