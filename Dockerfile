# The dashboard and its trainers in one image.
#
#   docker build --tag infmasking-studio .
#   docker run --init --publish 8501:8501 --env INFMASKING_PASSWORD=… --volume studio:/data infmasking-studio
#
# Inside a container the server listens on every address, so it does not start without a password (12 characters or more).
# The default build of torch carries CUDA: add `--gpus all` to use a GPU. For a small CPU image, name the index that holds
# the CPU wheels: `--build-arg PIP_EXTRA_INDEX_URL=…`. `--init` reaps the trainers that outlive their supervisor.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /studio

# What changes least comes first, so that an edit of the code does not install torch again.
ARG PIP_EXTRA_INDEX_URL=""
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
      > /tmp/requirements.txt \
 && pip install --constraint constraints.txt --requirement /tmp/requirements.txt \
 && rm /tmp/requirements.txt

COPY . .
RUN pip install --no-deps --editable . \
 && useradd --create-home --uid 1000 studio \
 && install --directory --owner studio --group studio /data

USER studio
ENV INFMASKING_HOME=/data STREAMLIT_SERVER_ADDRESS=0.0.0.0
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app/main.py", "--server.port", "8501"]
