"""The deployer: Copilot manifests in, a running Fargate platform out."""
