exec(open('/tmp/liftface/tune.py').read())
S3=V.DenseSpread(.001,.08,3.)
from dataclasses import replace as rp
def sd(v,rare): return rp(head, expression_sd=np.array([rare if n in O.RARE else v for n in head.expression_names]))
F.SPARSITY=0.5; run('sparsity .5',spread=S3); F.SPARSITY=1.5
run('sd .5/.12', h=sd(.5,.12), spread=S3)
F.SIDES_SD=.1; run('sides .1',spread=S3); F.SIDES_SD=.25
V.DENSE_ROBUST=6.; run('robust 6',spread=S3); V.DENSE_ROBUST=3.
run('normal .05',spread=V.DenseSpread(.001,.05,3.))
F.EXCLUSION=0.; run('excl 0',spread=S3); F.EXCLUSION=.9; run('excl .9',spread=S3); F.EXCLUSION=.6
