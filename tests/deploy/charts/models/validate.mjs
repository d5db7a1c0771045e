// Validates the custom resources on standard input (a JSON list) and prints the problem of each, or null.
import { readFileSync } from "node:fs";

import { HTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute";
import { PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor";

const models = { HTTPRoute, PrometheusRule, ServiceMonitor };
const problems = JSON.parse(readFileSync(0, "utf8")).map((document) => {
  try {
    new models[document.kind](document).validate();
    return null;
  } catch (error) {
    return error.message;
  }
});
console.log(JSON.stringify(problems));
