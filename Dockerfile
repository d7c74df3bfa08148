# The program and its solver, for pipelines: docker build -t cutover . && docker run --rm -v "$PWD:/work:ro" cutover audit export
FROM rust:1-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
# Whatever cvc5 this Debian has will do: no version is pinned, so that its security updates are taken.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends cvc5 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /source/target/release/cutover /usr/local/bin/cutover
# Nobody in particular: an export is read, and nothing else is touched.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["cutover"]
