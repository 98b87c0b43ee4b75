# A container that trains. What it makes, runs/ and images/, is in the folder it is started with:
#     docker build -t harlow .
#     docker run --rm --init --user "$(id -u):$(id -g)" -v "$PWD:/data" harlow train --metrics json
FROM python:3.11-slim
WORKDIR /harlow
COPY requirements.txt ./
RUN pip install --no-cache-dir --prefer-binary -r requirements.txt
COPY harlow.py ./
COPY meta_rl meta_rl
# Not as root, but as any user that --user names, who may have no home for what Matplotlib keeps.
RUN install -d -m 1777 /data
ENV HOME=/tmp
USER 1000
WORKDIR /data
VOLUME /data
ENTRYPOINT ["python", "/harlow/harlow.py"]
CMD ["train"]
