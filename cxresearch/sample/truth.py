"""truth"""
def describe(planted, null, customers, months, seed, end, rows, tally):
    return {"rows": rows, "tally": tally}
