#!/bin/sh
# The shop's page: a greeting from the environment, a motto from a config, the visits from the API.
if answer=$(timeout 5 wget -q -O - http://api:8080/cgi-bin/add); then
  visits=${answer#*:}
  printf 'Content-Type: text/plain\r\n\r\n%s\nYou are visitor %s.\n' "$GREETING" "${visits%\}}"
  cat /etc/shop/motto
else
  printf 'Status: 503\r\nContent-Type: text/plain\r\n\r\nthe shop is closed\n'
fi
