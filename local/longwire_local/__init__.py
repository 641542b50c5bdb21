"""Longwire on one machine: MiniStack plays AWS, the simulator plays Bedrock."""
