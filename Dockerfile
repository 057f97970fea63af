# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Install scripts are not needed: the only one that matters fetches the Node that this image is.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Of the packages that charts are drawn with, 75 MB are builds for browsers, sources, types and faces that nothing here uses.
RUN rm -r node_modules/echarts/dist node_modules/echarts/types node_modules/zrender/dist node_modules/zrender/src \
  && find node_modules/dejavu-fonts-ttf -name '*.ttf' ! -name DejaVuSans.ttf ! -name DejaVuSans-Bold.ttf -delete

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
# Nothing is written to disk, so the root file system may be read-only. 1000 is the image's user `node`; Kubernetes can
# only check a number against runAsNonRoot.
USER 1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a limit V8 lets the heap grow to what the machine has before it cleans up. A thousand upgrades under way need 60 MB
# of it; docs/benchmarks.md says how that is measured.
ENTRYPOINT ["node", "--max-old-space-size=192", "--max-semi-space-size=8", "dist/main.js"]
CMD ["serve"]
