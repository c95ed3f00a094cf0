# heat.gp - verdicts of every replace of a device's table. Data: transitions.csv, kinds.csv.
pasid = "none"
heading = "Replace of a device's table while a NIC works (no PASID, no ATS); row: from, column: to. The worse of what replay and explorer say"
load incl."/heat.inc"
