#!/usr/bin/env bash
# The backup script that stands in many a crontab: dump, compress, delete what is older than a month, list the contents as
# a check, say that it is done. Here to be walked beside arxdb; nothing else uses it.
#
#   naive.sh backup custom|sql URL FOLDER     naive.sh check FILE     naive.sh restore FILE URL
case $1 in
  backup)
    file=$4/market_$(date +%Y%m%d_%H%M%S_%N)
    if [ "$2" = custom ]; then
      pg_dump -Fc -d "$3" > "$file.dump"
      gzip "$file.dump"
    else
      pg_dump -d "$3" | gzip > "$file.sql.gz"
    fi
    find "$4" -name 'market_*.gz' -mtime +30 -delete
    echo "Backup completed: $file"
    ;;
  check)
    if [[ $2 = *.dump.gz ]]; then gunzip -c "$2" | pg_restore --list > /dev/null; else gzip -t "$2"; fi
    ;;
  restore)
    if [[ $2 = *.dump.gz ]]; then gunzip -c "$2" | pg_restore -d "$3"; else gunzip -c "$2" | psql -q -d "$3" > /dev/null; fi
    ;;
esac
