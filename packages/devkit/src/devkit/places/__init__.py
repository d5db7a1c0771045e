"""Configurations for places without Kubernetes: ECS on Fargate, Fly.io and Cloud Run."""
