# Settings of the plan that the tests compare with the local stack, the costs and the documents: those that are required. The files
# of envs belong to the deployments, and a copy of this repository changes them.
environment = "prod"
