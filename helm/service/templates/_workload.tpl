{{/* An audit trail in a file needs a volume for each pod, which only a StatefulSet provides. */}}
{{- define "service.workloadKind" -}}
{{ .Values.audit.enabled | ternary "StatefulSet" "Deployment" }}
{{- end }}

{{- define "service.workload" -}}
apiVersion: apps/v1
kind: {{ include "service.workloadKind" . }}
metadata:
  name: {{ include "service.fullname" . }}
  labels:
    {{- include "service.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "service.serverSelector" . | nindent 6 }}
  {{- if .Values.audit.enabled }}
  serviceName: {{ include "service.fullname" . }}
  podManagementPolicy: Parallel
  # The audit trail outlives the pods that wrote it.
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  volumeClaimTemplates:
    - metadata:
        name: audit
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .Values.audit.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .Values.audit.size }}}}
  {{- else }}
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "service.labels" . | nindent 8 }}
        app.kubernetes.io/component: server
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "service.podBasics" . | nindent 6 }}
      serviceAccountName: {{ include "service.fullname" . }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ include "service.graceSeconds" . }}
      topologySpreadConstraints:
        {{- include "service.spread" (list . "topology.kubernetes.io/zone" .Values.spread.zones) | nindent 8 }}
        {{- include "service.spread" (list . "kubernetes.io/hostname" .Values.spread.hosts) | nindent 8 }}
      {{- if .Values.preflight.enabled }}
      initContainers:
        {{- include "service.preflight" . | nindent 8 }}
      {{- end }}
      containers:
        - name: server
          {{- include "service.container" . | nindent 10 }}
          env:
            {{- include "service.serverVariables" . | nindent 12 }}
          ports:
            - {name: http, containerPort: {{ include "service.port" . }}}
            {{- if .Values.metrics.enabled }}
            - {name: metrics, containerPort: {{ include "service.metricsPort" . }}}
            {{- end }}
          startupProbe:
            httpGet: {path: /live, port: http}
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /live, port: http}
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /ready, port: http}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          lifecycle:
            # Endpoints drop the pod before SIGTERM. The kubelet sleeps, so the image needs no shell.
            preStop: {sleep: {seconds: {{ include "service.preStopSeconds" . }}}}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            {{- include "service.serverMounts" . | nindent 12 }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- if include "service.hasSecrets" . }}
        - name: secrets
          secret:
            secretName: {{ include "service.secretName" . }}
            defaultMode: 0440
            items:
              {{- include "service.secretItems" . | nindent 14 }}
        {{- end }}
        {{- if or .Values.policy .Values.policies }}
        # A whole directory, as files mounted by subPath are never updated, and the server reloads a changed policy.
        - name: policy
          configMap:
            name: {{ include "service.fullname" . }}-policy
        {{- end }}
        {{- with .Values.volumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{- define "service.serverMounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.audit.enabled }}
- {name: audit, mountPath: /var/lib/audit}
{{- end }}
{{- if include "service.hasSecrets" . }}
- {name: secrets, mountPath: /run/secrets/server, readOnly: true}
{{- end }}
{{- if or .Values.policy .Values.policies }}
- {name: policy, mountPath: /etc/policy, readOnly: true}
{{- end }}
{{- with .Values.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "service.spread" -}}
{{- $root := index . 0 -}}
- topologyKey: {{ index . 1 }}
  maxSkew: 1
  whenUnsatisfiable: {{ index . 2 }}
  matchLabelKeys: [{{ $root.Values.audit.enabled | ternary "controller-revision-hash" "pod-template-hash" }}]
  labelSelector:
    matchLabels:
      {{- include "service.serverSelector" $root | nindent 6 }}
{{- end }}
