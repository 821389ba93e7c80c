-- 1000 test subscribers of one operator: IMSI @plmn 0000000001 and on. Keys of an exercise, for nobody's card.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO subscriber (id, imsi, msisdn) SELECT i, @plmn || printf('%010d', i), '8869' || substr(@plmn, 4, 2) || printf('%06d', i) FROM n;
INSERT INTO auc_3g (subscriber_id, algo_id_3g, k, opc) SELECT id, 5, printf('%032x', id), printf('%032d', 0) FROM subscriber;
