# Lamella for a lab: one image for CPU and GPU, weights inside, nothing fetched at run time.
FROM python:3.11-slim

# Another build of torch than the registry's own: the address of its package index.
ARG TORCH_INDEX_URL=

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /app
COPY requirements-image.lock ./
# The lock's hashes are those of the registry's torch; with another index, torch and its companions
# come from there in the same versions, and everything else from the lock.
RUN if [ -z "$TORCH_INDEX_URL" ]; then \
      pip install --require-hashes -r requirements-image.lock; \
    else \
      awk '/^[a-z0-9]/ {keep = !/^(torch|torchvision|triton|nvidia-|cuda-)/} keep' \
        requirements-image.lock > /tmp/others.lock \
      && pip install --require-hashes --no-deps -r /tmp/others.lock \
      && pip install --index-url "$TORCH_INDEX_URL" \
        $(awk '/^torch(vision)?==/ {print $1}' requirements-image.lock); \
    fi

COPY . .
RUN pip install --no-deps --no-build-isolation --editable . \
 && python -m compileall -q app.py cli.py commands core models pages studies \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin lamella \
 && mkdir /data /workspace && chown lamella /data /workspace

USER 10001
WORKDIR /data
ENV HOME=/home/lamella \
    LAMELLA_WORKSPACE=/workspace \
    LAMELLA_FOREIGN_MODELS=0 \
    HF_HUB_OFFLINE=1 \
    MALLOC_ARENA_MAX=2 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none
# Each network in the form that OpenVINO reads, so that no container's first run waits for it.
RUN python -c "from models import classifiers, zoo; \
classifiers.micrograph_classifier(); \
[zoo.load(one.name, 'cpu') for one in zoo.CARDS.values() if one.weights]"
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]
CMD ["lamella", "app", "--address", "0.0.0.0"]
