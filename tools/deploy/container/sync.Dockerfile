# The sidecar of tools/deploy/kubernetes/sync: rtblc, kubectl and the script between them.
#
#     docker build -f tools/deploy/container/sync.Dockerfile -t roundtable-sync .
ARG SWIFT=swift:6.3-bookworm

FROM ${SWIFT} AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libhiredis-dev libjansson-dev libseccomp-dev libssl-dev libyaml-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN swift build -c release --product rtblc \
    && install -D --strip "$(swift build -c release --show-bin-path)/rtblc" /image/rtblc

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates kubernetes-client libssl3 libyaml-0-2 python3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image/rtblc /usr/local/bin/rtblc
COPY tools/deploy/sync /usr/local/bin/sync
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/sync"]
