"""The local stack: Longwire on one machine, with MiniStack for AWS and the simulator for Bedrock."""
