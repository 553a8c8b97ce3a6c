# An image whose libc is musl: its loader, and a busybox that needs none. The SSH server has a
# glibc of its own, out of anybody's way, as a program that was copied in could.
ARG FROM
FROM ${FROM} AS made
SHELL ["/bin/sh", "-ec"]
RUN mkdir -p /r/bin /r/lib /r/usr/bin /r/usr/local/lib /r/etc/devpod /r/opt/glibc /r/tmp \
        /r/home/dev /r/run/sshd /r/run/devpod/user; \
    chmod 1777 /r/tmp; \
    cp "$(command -v busybox)" /r/bin/busybox; \
    for applet in $(busybox --list); do \
        [ "$applet" = busybox ] || ln -s busybox "/r/bin/$applet"; \
    done; \
    for loader in /lib/ld-musl-*; do \
        cp -L "$loader" /r/lib/; ln -s "$loader" /r/usr/bin/ldd; \
    done; \
    for program in /usr/sbin/sshd /usr/lib/openssh/sshd-session /usr/lib/openssh/sshd-auth \
        /usr/bin/ssh-keygen; do \
        mkdir -p "/r${program%/*}"; \
        cp "$program" "/r$program"; \
        for needed in $(ldd "$program" | grep -o '/[^ ]*'); do cp -L "$needed" /r/opt/glibc/; done; \
        loader=$(patchelf --print-interpreter "$program"); \
        patchelf --set-interpreter "/opt/glibc/${loader##*/}" --force-rpath \
            --set-rpath /opt/glibc "/r$program"; \
    done; \
    cp /etc/devpod/sshd_config /r/etc/devpod/; \
    cp -r /usr/local/lib/devpod /r/usr/local/lib/; \
    printf 'root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n' >/r/etc/passwd; \
    printf 'root:x:0:\ndev:x:1000:\n' >/r/etc/group; \
    printf 'root:*:1::::::\ndev:*:1::::::\n' >/r/etc/shadow; \
    chmod 0700 /r/run/devpod/user; \
    chown -R 1000:1000 /r/home/dev /r/run/devpod
FROM scratch
COPY --from=made /r /
ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin
