import sys
pats=[";]{1000}#Va\x03","(?:a?){500}",r"(\pL|\pN){30}",r"[^/]{200}x",r"(.*)(.*)(.*)(.*)(.*)x",r"(?:a|b)*a(?:a|b){12}",r"(?i)\pL{50}",r"(?:.{10}){60}",r"\b.{100}\b","((a{0,5}){0,5}){0,5}"]
for p in pats: open('/tmp/fz/p_%d'%pats.index(p),'w').write(p.encode().hex()+' 61\n')
