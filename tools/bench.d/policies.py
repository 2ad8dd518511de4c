"""Writes the policies of many APIs: eight documents each, as a platform team's folder would hold them.

    python3 tools/bench.d/policies.py COUNT > many.yaml
"""

import sys

API = """\
kind: API
apiVersion: dp.wso2.com/v1alpha3
metadata:
  name: chat-{n}
  namespace: team-{team}
  labels:
    api-name: chat-{n}
    api-version: "1.0"
spec:
  apiName: Chat service {n}
  apiType: REST
  apiVersion: "1.0"
  basePath: /chat-{n}/1.0
  organization: org-{team}
  isDefaultVersion: false
  production:
    - routeRefs:
        - chat-{n}-production
  sandbox:
    - routeRefs:
        - chat-{n}-sandbox
---
"""

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: chat-{n}-{environment}
  namespace: team-{team}
spec:
  hostnames:
    - {prefix}team-{team}.example.com
  rules:
    - matches:
        - path:
            type: Exact
            value: /chat/completions
          method: POST
      filters:
        - type: URLRewrite
          urlRewrite:
            path:
              type: ReplaceFullPath
              replaceFullPath: /chat/completions
      backendRefs:
        - group: dp.wso2.com
          kind: Backend
          name: chat-{n}-a
    - matches:
        - path:
            type: PathPrefix
            value: /models
          method: GET
      backendRefs:
        - group: dp.wso2.com
          kind: Backend
          name: chat-{n}-a
  parentRefs:
    - group: gateway.networking.k8s.io
      kind: Gateway
      name: gateway
      sectionName: httpslistener
---
"""

BACKEND = """\
apiVersion: dp.wso2.com/v1alpha2
kind: Backend
metadata:
  name: chat-{n}-{letter}
  namespace: team-{team}
spec:
  services:
    - host: provider-{letter}.example.com
      port: 443
  basePath: /v1/
  protocol: https
  security:
    apiKey:
      in: Header
      name: Authorization
      valueFrom:
        name: keys-{n}
        valueKey: apiKey
---
"""

REST = """\
apiVersion: dp.wso2.com/v1alpha4
kind: AIProvider
metadata:
  name: provider-{n}
  namespace: team-{team}
spec:
  providerName: OpenAI
  providerAPIVersion: v1
  organization: org-{team}
  supportedModels:
    - model-large
    - model-medium
    - model-small
  requestModel:
    in: Body
    value: model
  responseModel:
    in: Body
    value: model
  rateLimitFields:
    promptTokens:
      in: Body
      value: $.usage.prompt_tokens
    completionToken:
      in: Body
      value: $.usage.completion_tokens
    totalToken:
      in: Body
      value: $.usage.total_tokens
---
apiVersion: dp.wso2.com/v1alpha4
kind: APIPolicy
metadata:
  name: models-{n}
  namespace: team-{team}
spec:
  default:
    aiProvider:
      name: provider-{n}
    modelBasedRoundRobin:
      onQuotaExceedSuspendDuration: 60
      productionModels:
        - model: model-large
          backendRef:
            group: dp.wso2.com
            kind: Backend
            name: chat-{n}-a
          weight: {weight}
        - model: model-medium
          backendRef:
            group: dp.wso2.com
            kind: Backend
            name: chat-{n}-b
          weight: 1
      sandboxModels:
        - model: model-small
          backendRef:
            group: dp.wso2.com
            kind: Backend
            name: chat-{n}-b
          weight: 1
  targetRef:
    group: gateway.networking.k8s.io
    kind: API
    name: chat-{n}
---
apiVersion: v1
kind: Secret
metadata:
  name: keys-{n}
  namespace: team-{team}
type: Opaque
data:
  apiKey: c2VjcmV0LWtleS17bn0=
---
"""


def main():
    count = int(sys.argv[1])
    for n in range(count):
        of = {"n": n, "team": n // 50, "weight": 1 + n % 5}
        sys.stdout.write(API.format(**of))
        sys.stdout.write(ROUTE.format(environment="production", prefix="", **of))
        sys.stdout.write(ROUTE.format(environment="sandbox", prefix="sandbox.", **of))
        sys.stdout.write(BACKEND.format(letter="a", **of) + BACKEND.format(letter="b", **of))
        sys.stdout.write(REST.format(**of))


if __name__ == "__main__":
    main()
