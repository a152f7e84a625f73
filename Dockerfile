# The arena for CPUs: docker build -t arena .
# docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" arena run quickstart
FROM python:3.11-slim

# torch for CPUs alone is a tenth of the size of the usual one. Its index: see pytorch.org, e.g.
# docker build --build-arg TORCH_INDEX_URL=... -t arena .
ARG TORCH_INDEX_URL=""

COPY . /opt/arena
RUN cd /opt/arena \
    && if [ -n "$TORCH_INDEX_URL" ]; then \
         pip install --no-cache-dir -c constraints.txt torch --index-url "$TORCH_INDEX_URL"; \
       fi \
    && pip install --no-cache-dir -c constraints.txt .

# Runs and the artifact store are in the mounted folder, so that both outlive the container.
ENV ARENA_STORE=/data/.arena HOME=/tmp
WORKDIR /data
ENTRYPOINT ["arena"]
