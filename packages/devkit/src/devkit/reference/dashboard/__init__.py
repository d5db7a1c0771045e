"""The Grafana dashboard of the fleet, written as rows of panels and rendered to `shared/grafana/fleet.json`."""
