from cxresearch.sample.write import write
