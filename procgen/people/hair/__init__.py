"""Hair styles, one file a family. `build(spec, body, density, colliders) -> Strands`; see `vivant.procgen.people.strands`."""
