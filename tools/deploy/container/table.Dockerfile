# A table as an image of its own, for a Kubernetes image volume (tools/deploy/kubernetes/image-volume):
#
#     rtblc compile policies -o routes.rtbl
#     docker build -f tools/deploy/container/table.Dockerfile -t registry.example.com/routes:1 .
FROM scratch
ARG TABLE=routes.rtbl
COPY ${TABLE} /routes.rtbl
