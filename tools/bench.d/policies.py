"""Writes the policies of many APIs, as a platform team's folder would hold them.

    python3 tools/bench.d/policies.py COUNT > many.yaml            eight documents an API, nothing shared
    python3 tools/bench.d/policies.py COUNT shared > many.yaml     three an API; its team of 50 shares Backend, AIProvider, Secret
    python3 tools/bench.d/policies.py COUNT plain > many.yaml      two an API: one route to the team's Backend, no models
    python3 tools/bench.d/policies.py template SHAPE > one.yaml    one API, in whose names table-bench puts numbers
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


# What several APIs of a team share.
TEAM_BACKEND = BACKEND.replace("chat-{n}-{letter}", "provider-{letter}").replace("keys-{n}", "keys")

API_OF_ONE_ROUTE = API.replace("""  sandbox:
    - routeRefs:
        - chat-{n}-sandbox
""", "")

ONE_ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: chat-{n}-production
  namespace: team-{team}
spec:
  hostnames:
    - team-{team}.example.com
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: /chat
          method: POST
{backend_refs}  parentRefs:
    - group: gateway.networking.k8s.io
      kind: Gateway
      name: gateway
      sectionName: httpslistener
---
"""

BACKEND_REFS = """\
      backendRefs:
        - group: dp.wso2.com
          kind: Backend
          name: provider-a
"""

PROVIDER, POLICY, SECRET = (document + "---\n" for document in REST.split("---\n")[:3])
TEAM_PROVIDER = PROVIDER.replace("provider-{n}", "provider")
TEAM_SECRET = SECRET.replace("keys-{n}", "keys")
POLICY_OF_TWO_MODELS = POLICY.replace("provider-{n}", "provider").replace("chat-{n}-a", "provider-a").replace("chat-{n}-b", "provider-a").replace("""\
      sandboxModels:
        - model: model-small
          backendRef:
            group: dp.wso2.com
            kind: Backend
            name: provider-a
          weight: 1
""", "")


def full(of, is_first):
    yield API.format(**of)
    yield ROUTE.format(environment="production", prefix="", **of)
    yield ROUTE.format(environment="sandbox", prefix="sandbox.", **of)
    yield BACKEND.format(letter="a", **of) + BACKEND.format(letter="b", **of)
    yield REST.format(**of)


def shared(of, is_first):
    if is_first:
        yield TEAM_BACKEND.format(letter="a", **of) + TEAM_PROVIDER.format(**of) + TEAM_SECRET.format(**of)
    yield API_OF_ONE_ROUTE.format(**of) + ONE_ROUTE.format(backend_refs="", **of) + POLICY_OF_TWO_MODELS.format(**of)


def plain(of, is_first):
    if is_first:
        yield TEAM_BACKEND.format(letter="a", **of) + TEAM_SECRET.format(**of)
    yield API_OF_ONE_ROUTE.format(**of) + ONE_ROUTE.format(backend_refs=BACKEND_REFS, **of)


SHAPES = {"full": full, "shared": shared, "plain": plain}
TEAM_SIZE = 50


def documents(count, shape="full"):
    """The text of `count` APIs, a piece at a time."""
    for n in range(count):
        yield from SHAPES[shape]({"n": n, "team": n // TEAM_SIZE, "weight": 1 + n % 5}, n % TEAM_SIZE == 0)


def template(shape):
    """One API whose number and team are marks (ManyAPIs.swift)."""
    return "".join(SHAPES[shape]({"n": "n0000000", "team": "t0000000", "weight": 3}, True))


def main():
    count, *shape = sys.argv[1:]
    if count == "template":
        sys.stdout.write(template(shape[0]))
        return
    for text in documents(int(count), *shape):
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
