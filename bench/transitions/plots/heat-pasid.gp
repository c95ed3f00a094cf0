# heat-pasid.gp - verdicts of every replace of a PASID's table. Data: transitions.csv, kinds.csv.
pasid = "3"
heading = "Replace of a PASID's table while a NIC works (no ATS); row: from, column: to. The worse of what replay and explorer say"
load incl."/heat.inc"
